"""Domains that really take mail for readers, though their names are close to another provider's: foxmail is no slip.

Gathered by hand, by the places that the providers serve. Nothing is ever offered instead of one.
"""

_BY_PLACE: dict[str, str] = {
    "everywhere": """
        aim.com hey.com inbox.com duck.com mozmail.com hushmail.com hush.com pobox.com usa.net usa.com iname.com
        post.com email.com mail.com myself.com consultant.com europe.com asia.com dr.com engineer.com techie.com
        writeme.com cheerful.com linuxmail.org lycos.com excite.com netscape.net netscape.com compuserve.com cs.com
        love.com wow.com ygm.com games.com windowslive.com passport.com live.cl outlook.cl yahoo.cl gmx.us gmx.eu
        gmx.li gmx.tm gmx.org gmx.info gmx.biz gmx.fr gmx.es gmx.it gmx.co.uk ymail.com rocketmail.com proton.me
        protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.com tuta.io tutamail.com keemail.me
        fastmail.com fastmail.net fastmail.org fastmail.com.au fastemail.us sent.com ownmail.net myfastmail.com eml.cc
        mailbox.org zoho.com zoho.eu zoho.in zohomail.com zohomail.eu zohomail.in runbox.com startmail.com
        mailfence.com kolabnow.com disroot.org riseup.net autistici.org systemli.org vivaldi.net soverin.net
        purelymail.com simplelogin.com slmail.me anonaddy.com anonaddy.me addy.io onmail.com safe-mail.net vfemail.net
        lavabit.com ghostmail.com countermail.com posteo.de posteo.net posteo.org posteo.asia gmail.ru flashmail.com
        prontomail.com wowmail.com joymail.com shortmail.com uymail.com bitmail.com eastmail.com 3email.com 4email.com
        amail.com bootmail.com thaimail.com yopmail.com
    """,
    "North America": """
        comcast.net xfinity.com verizon.net att.net sbcglobal.net bellsouth.net ameritech.net pacbell.net swbell.net
        flash.net prodigy.net snet.net nvbell.net currently.com cox.net charter.net spectrum.net roadrunner.com rr.com
        twc.com optonline.net optimum.net frontier.com frontiernet.net earthlink.net mindspring.com netcom.com
        erols.com centurylink.net centurytel.net embarqmail.com q.com qwest.net windstream.net suddenlink.net
        cableone.net sparklight.net mediacombb.net mchsi.com wowway.com juno.com netzero.net netzero.com hughes.net
        tds.net ptd.net epix.net zoominternet.net rcn.com knology.net gci.net hawaiiantel.net peoplepc.com fuse.net
        alltel.net sympatico.ca rogers.com shaw.ca telus.net telusplanet.net videotron.ca bell.net cogeco.ca
        eastlink.ca mts.net sasktel.net globetrotter.net teksavvy.com tbaytel.net bellaliant.net
    """,
    "Latin America": """
        terra.com terra.com.br terra.com.mx terra.com.ar terra.com.co terra.com.pe terra.cl ig.com.br globo.com
        globomail.com r7.com oi.com.br zipmail.com.br uol.com.br bol.com.br uol.com.ar uol.com.co uol.com.mx
        uol.com.ve prodigy.net.mx fibertel.com.ar speedy.com.ar arnet.com.ar ciudad.com.ar vtr.net cantv.net
        une.net.co
    """,
    "Great Britain and Ireland": """
        btinternet.com btopenworld.com bt.com sky.com talktalk.net talk21.com virginmedia.com virgin.net
        blueyonder.co.uk ntlworld.com tiscali.co.uk o2.co.uk orange.net orangehome.co.uk wanadoo.co.uk freeserve.co.uk
        plus.com plus.net demon.co.uk zen.co.uk lineone.net supanet.com fsmail.net uwclub.net onetel.com onetel.net
        waitrose.com tesco.net ee.co.uk eircom.net iol.ie indigo.ie online.ie oceanfree.net vodafone.ie
    """,
    "German": """
        web.de email.de mail.de freemail.de firemail.de freenet.de t-online.de magenta.de online.de onlinehome.de
        arcor.de alice.de alice-dsl.net alice-dsl.de kabelmail.de unitybox.de cablemail.de vodafone.de vodafonemail.de
        o2mail.de o2online.de o2.de genion.de ewe.net ewetel.net netcologne.de osnanet.de lycos.de emailn.de
        directbox.com kielnet.net aon.at a1.net chello.at inode.at utanet.at drei.at liwest.at tele2.at bluewin.ch
        hispeed.ch sunrise.ch swissonline.ch freesurf.ch bluemail.ch quickline.ch green.ch vtxmail.ch netplus.ch
    """,
    "French, Italian, Spanish, Portuguese": """
        orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr numericable.fr bbox.fr aliceadsl.fr club-internet.fr
        cegetel.net libertysurf.fr noos.fr voila.fr caramail.com caramail.fr nordnet.fr infonie.fr tele2.fr dbmail.com
        mailo.com netcourrier.com tiscali.fr 9online.fr zaclys.net libero.it virgilio.it alice.it tim.it tin.it
        inwind.it iol.it email.it tiscali.it fastwebnet.it aruba.it poste.it vodafone.it teletu.it katamail.com sky.it
        telefonica.net terra.es ono.com movistar.es ya.com orange.es jazztel.es euskaltel.net sapo.pt iol.pt clix.pt
        netcabo.pt mail.pt meo.pt portugalmail.pt
    """,
    "Netherlands and Belgium": """
        ziggo.nl kpn.nl kpnmail.nl kpnplanet.nl hetnet.nl home.nl xs4all.nl quicknet.nl chello.nl casema.nl zonnet.nl
        tele2.nl online.nl telfort.nl upcmail.nl planet.nl wxs.nl caiway.nl solcon.nl telenet.be skynet.be proximus.be
        scarlet.be voo.be belgacom.net pandora.be brutele.be
    """,
    "North of Europe": """
        telia.com bredband.net bredband2.com comhem.se spray.se tele2.se passagen.se home.se swipnet.se glocalnet.net
        bahnhof.se ownit.nu online.no getmail.no broadpark.no frisurf.no start.no lyse.net altibox.no c2i.net
        ebnett.no mail.dk mail.tele.dk post.tele.dk tdcadsl.dk stofanet.dk youmail.dk ofir.dk jubii.dk sol.dk
        privat.dk webspeed.dk fibermail.dk get2net.dk yousee.dk waoo.dk luukku.com elisanet.fi kolumbus.fi
        saunalahti.fi suomi24.fi netti.fi dnainternet.net welho.com mbnet.fi wippies.com simnet.is inbox.lv inbox.lt
        mail.ee hot.ee online.ee neti.ee apollo.lv one.lv takas.lt zebra.lt
    """,
    "East of Europe": """
        wp.pl o2.pl tlen.pl go2.pl onet.pl onet.eu op.pl vp.pl interia.pl interia.eu interia.com poczta.fm gazeta.pl
        neostrada.pl poczta.pl int.pl orange.pl spoko.pl buziaczek.pl seznam.cz email.cz post.cz centrum.cz centrum.sk
        atlas.cz atlas.sk volny.cz tiscali.cz quick.cz azet.sk zoznam.sk post.sk pobox.sk stonline.sk freemail.hu
        citromail.hu t-online.hu indamail.hu vipmail.hu mailbox.hu upcmail.hu chello.hu digikabel.hu invitel.hu
        rdslink.ro clicknet.ro upcmail.ro home.ro email.ro abv.bg mail.bg dir.bg gbg.bg data.bg otenet.gr forthnet.gr
        hol.gr in.gr mail.gr freemail.gr net.hr inet.hr vip.hr xnet.hr t-com.hr siol.net siol.com amis.net t-2.net
        email.si eunet.rs sbb.rs ptt.rs mts.rs neobee.net verat.net bih.net.ba teol.net mail.ru bk.ru list.ru inbox.ru
        internet.ru xmail.ru vk.com yandex.ru ya.ru yandex.com yandex.by yandex.kz yandex.ua yandex.com.tr narod.ru
        rambler.ru lenta.ru autorambler.ru myrambler.ru ro.ru rambler.ua pochta.ru qip.ru nm.ru ngs.ru e1.ru ukr.net
        i.ua ua.fm meta.ua bigmir.net email.ua online.ua tut.by mail.by mail.kz
    """,
    "Near East and Africa": """
        mynet.com superonline.com ttnet.net.tr turk.net walla.com walla.co.il netvision.net.il bezeqint.net 012.net.il
        013.net zahav.net.il nana.co.il nana10.co.il maktoob.com emirates.net.ae eim.ae mweb.co.za webmail.co.za
        telkomsa.net vodamail.co.za iafrica.com absamail.co.za lantic.net menara.ma
    """,
    "East Asia": """
        qq.com vip.qq.com foxmail.com 163.com 163.net vip.163.com 126.com yeah.net sina.com sina.cn sina.com.cn
        sohu.com tom.com 21cn.com 139.com 189.cn 188.com 263.net wo.cn wo.com.cn aliyun.com eyou.com netvigator.com
        hkbn.net ctimail.com i-cable.com hinet.net pchome.com.tw seed.net.tw yam.com kimo.com xuite.net naver.com
        daum.net hanmail.net nate.com kakao.com empas.com empal.com dreamwiz.com paran.com korea.com chol.com
        hanafos.com hanmir.com docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp
        ymobile.ne.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp plala.or.jp excite.co.jp infoseek.jp goo.jp
        livedoor.com ybb.ne.jp dion.ne.jp odn.ne.jp eonet.ne.jp wakwak.com dti.ne.jp rakuten.jp
    """,
    "South Asia and Oceania": """
        rediffmail.com rediff.com indiatimes.com in.com sify.com vsnl.net vsnl.com bsnl.in airtelmail.in fpt.vn vnn.vn
        chaiyo.com telkom.net plasa.com tm.net.my streamyx.com unifi.my singnet.com.sg starhub.net.sg bigpond.com
        bigpond.net.au bigpond.com.au optusnet.com.au iinet.net.au tpg.com.au internode.on.net westnet.com.au
        dodo.com.au adam.com.au ozemail.com.au netspace.net.au iprimus.com.au y7mail.com xtra.co.nz slingshot.co.nz
        orcon.net.nz vodafone.co.nz clear.net.nz ihug.co.nz paradise.net.nz
    """,
}

KNOWN: frozenset[str] = frozenset(domain for domains in _BY_PLACE.values() for domain in domains.split())
